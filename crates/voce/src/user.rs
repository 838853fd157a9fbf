//! `voce user`: people of the company from the command line, for when nobody can sign in.
