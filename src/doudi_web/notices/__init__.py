"""公示: who was granted a standing or paid aid, masked, small villages together; objections and replies."""
