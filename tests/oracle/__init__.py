"""An oracle for 巴南 2019, written from the rules' text alone."""
