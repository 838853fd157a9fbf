//! Background work: a job is one file and one registration line.
