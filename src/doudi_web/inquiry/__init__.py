"""The auditor's own work: samples that anybody can draw again, what was asked of a settlement and answered."""
