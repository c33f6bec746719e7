"""The same databases as the service's tests, and somebody at a screen."""

from web.conftest import folder, module_folder, service, template

__all__ = ["folder", "module_folder", "service", "template"]
