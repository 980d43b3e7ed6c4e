//! What happens when something breaks: the database goes away, the process is killed, hashing is full.
