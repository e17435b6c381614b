"""Ways to say an address of our own network, or none at all: nobody may be sent there by a stranger. `{port}` is where
somebody listens on this machine."""

WAYS_HOME = [
    "http://127.0.0.1:{port}/", "http://LocalHost:{port}/", "http://localhost.:{port}/", "http://[::1]:{port}/",
    "http://[::]:{port}/", "http://0.0.0.0:{port}/", "http://0:{port}/", "http://127.0.0.1.:{port}/",
    "http://2130706433:{port}/", "http://0x7f000001:{port}/", "http://0x7f.1:{port}/", "http://0177.0.0.1:{port}/",
    "http://017700000001:{port}/", "http://127.1:{port}/", "http://127.0.1:{port}/", "http://[::ffff:7f00:1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/", "http://[::127.0.0.1]:{port}/", "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/", "http://[::1%25]:{port}/", "http://[::1%25lo]:{port}/",
    "http://[::ffff:127.0.0.1%25]:{port}/", "http://[fe80::1%25lo]:{port}/",
    "http://user:word@127.0.0.1:{port}/", "http://public.example@127.0.0.1:{port}/",
    "http://public.example:80@127.0.0.1:{port}/", "http://127.0.0.1:{port}\\@public.example/",
    "http://127.0.0.1:{port}#@public.example/", "http://①②⑦.0.0.1:{port}/", "http://127。0。0。1:{port}/",
    "http://%31%32%37.0.0.1:{port}/", "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}/", " http://127.0.0.1:{port}/",
    "http://local\nhost:{port}/", "http://169.254.169.254/", "http://[fd00:ec2::254]/", "http://10.0.0.1/",
    "http://192.168.0.1/", "http://172.16.0.1/", "http://100.64.0.1/", "http://255.255.255.255/",
    "file:///etc/passwd", "ftp://127.0.0.1:{port}/", "gopher://127.0.0.1:{port}/", "unix:///run/postgresql",
    "127.0.0.1:{port}", "//127.0.0.1:{port}/", "", "http://", "http://:{port}/",
]  # fmt: skip
