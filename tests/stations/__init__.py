"""One scripted charger for each oddity that chargers are known for, against the whole system."""
