"""How the fields of forms are written, in Tabler's classes. A page has dozens of them: without a template for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

Widget = Mapping[str, Any]
WIDGETS = "django/forms/widgets/"
CLASSES = {"checkbox": "form-check-input", "radio": "form-check-input", "hidden": ""}
INPUTS = (
    "text", "email", "password", "number", "date", "datetime", "time", "url", "tel", "search", "color", "hidden", "file",
    "checkbox",
)  # fmt: skip


class Renderer(TemplatesSetting):
    """Writes labels and the widgets that are known here; others have templates."""

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> SafeString:
        """As the template would."""
        if template_name == "django/forms/label.html":
            return SafeString(_label(context))
        write = WRITTEN.get(template_name)
        if write is None:
            return SafeString(super().render(template_name, context, request))
        return SafeString(write(context["widget"]).strip())


def _label(context: Mapping[str, Any]) -> str:
    label, tag = conditional_escape(context["label"]), context["tag"]
    return f"<{tag}{_attributes(context['attrs'] or {})}>{label}</{tag}>" if context["use_tag"] else label


def _attributes(given: Mapping[str, Any]) -> str:
    return "".join(
        f" {name}" if value is True else f' {name}="{conditional_escape(str(value))}"'
        for name, value in given.items()
        if value is not False
    )


def _input(widget: Widget) -> str:
    kind, value = widget["type"], widget["value"]
    css = CLASSES.get(kind, "form-control")
    return (
        f'<input type="{kind}" name="{conditional_escape(widget["name"])}"'
        + (f' class="{css}"' if css else "")
        + (f' value="{conditional_escape(str(value))}"' if value is not None else "")
        + f"{_attributes(widget['attrs'])}>\n"
    )


def _textarea(widget: Widget) -> str:
    name, text = conditional_escape(widget["name"]), conditional_escape(str(widget["value"] or ""))
    return f'<textarea name="{name}" class="form-control"{_attributes(widget["attrs"])}>\n{text}</textarea>\n'


def _select(widget: Widget) -> str:
    return (
        f'<select name="{conditional_escape(widget["name"])}" class="form-select"{_attributes(widget["attrs"])}>'
        + _in_groups(widget, _option, '\n  <optgroup label="{}">', "\n  </optgroup>")
        + "\n</select>\n"
    )


def _option(widget: Widget) -> str:
    value, label = conditional_escape(str(widget["value"])), conditional_escape(widget["label"])
    return f'\n  <option value="{value}"{_attributes(widget["attrs"])}>{label}</option>'


def _choices(widget: Widget) -> str:
    """Boxes to tick, or of which one is chosen."""
    attributes = {name: widget["attrs"].get(name) or False for name in ("id", "class")}
    return (
        f"<div{_attributes(attributes)}>"
        + _in_groups(widget, _choice_in_list, "\n  <div><label>{}</label>", "\n  </div>")
        + "\n</div>\n"
    )


def _choice_in_list(widget: Widget) -> str:
    return f"<div>\n    {_choice(widget)}</div>"


def _choice(widget: Widget) -> str:
    if not widget.get("wrap_label"):
        return _input(widget)
    attributes = _attributes({"for": widget["attrs"].get("id") or False})
    return f"<label{attributes}>{_input(widget)} {conditional_escape(widget['label'])}</label>"


def _in_groups(widget: Widget, write: Callable[[Widget], str], begin: str, end: str) -> str:
    groups: Iterable[tuple[Any, list[Widget], int]] = widget["optgroups"]
    return "".join(
        (begin.format(conditional_escape(name)) if name else "")
        + "".join(map(write, options))
        + (end if name else "")
        for name, options, _place in groups
    )


WRITTEN: Mapping[str, Callable[[Widget], str]] = {
    **{f"{WIDGETS}{name}.html": _input for name in INPUTS},
    **{f"{WIDGETS}{name}.html": _choices for name in ("radio", "checkbox_select")},
    **{f"{WIDGETS}{name}.html": _choice for name in ("radio_option", "checkbox_option")},
    f"{WIDGETS}textarea.html": _textarea,
    f"{WIDGETS}select.html": _select,
}
