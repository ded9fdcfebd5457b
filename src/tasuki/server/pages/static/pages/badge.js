// The number that waits stands in the tab's title, too, and follows the badge in the rail.
const title = document.title.replace(/^\([^)]*\) /, "");

function put() {
  const badge = document.getElementById("badge");
  const text = badge && !badge.hidden ? badge.firstChild.textContent.trim() : "";
  const said = text ? `(${text}) ${title}` : title;
  if (document.title !== said) document.title = said;
}

const holder = document.getElementById("badge")?.parentElement;
if (holder) new MutationObserver(put).observe(holder, { childList: true, subtree: true, characterData: true });
