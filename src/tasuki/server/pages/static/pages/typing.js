// Whether somebody is typing, so that a letter is a letter and no command.

export const isTyping = () => /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "")
  && !/^(checkbox|radio|button|submit)$/.test(document.activeElement.type);

const isChanged = (field) => field.type !== "hidden" && (field.type === "checkbox" || field.type === "radio"
  ? field.checked !== field.defaultChecked
  : field.tagName === "SELECT"
    ? [...field.options].some((option) => option.selected !== option.defaultSelected) && field.selectedIndex > 0
    : field.value !== field.defaultValue);

/** Whether something in this part is being typed, or was and is not sent yet. */
export const isTouched = (part) =>
  (part.contains(document.activeElement) && /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName))
  || [...part.querySelectorAll("input, select, textarea")].some(isChanged);
