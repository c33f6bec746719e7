"""The command `doudi …`: opens files, calls the engine, and shows what came of it to a person or as JSON.

main (the commands) · files (what is opened) · bill_view, pack_view, fault_view (the terminal). No rule lives here.
"""
