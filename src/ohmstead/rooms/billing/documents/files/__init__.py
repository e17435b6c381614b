"""Files: the PDF of each document, and the electronic invoice that lies in it."""
