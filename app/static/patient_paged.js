// Before anything is drawn: a browser that can read the page's script never lays out the long form.
if ("noModule" in document.createElement("script")) document.documentElement.className = "paged";
