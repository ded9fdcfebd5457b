// htmx with its morphing swap, for every page.
import htmx from "htmx.org";
import "idiomorph/dist/idiomorph-ext.esm.js";

window.htmx = htmx;
