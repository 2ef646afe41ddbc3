// Asks the browser for a passkey: to make one, or to show that one is there. The answer goes into the form, which sends it.
(() => {
  "use strict";
  const form = document.querySelector("form[data-passkey]");
  const told = document.getElementById("passkey-told");
  if (!form) return;

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const keys = (list) => (list || []).map((key) => ({ ...key, id: bytes(key.id) }));

  const asked = JSON.parse(form.dataset.options);
  asked.challenge = bytes(asked.challenge);
  if (asked.user) asked.user.id = bytes(asked.user.id);
  if (asked.excludeCredentials) asked.excludeCredentials = keys(asked.excludeCredentials);
  if (asked.allowCredentials) asked.allowCredentials = keys(asked.allowCredentials);

  const written = (key) => {
    const response = { clientDataJSON: text(key.response.clientDataJSON) };
    if (key.response.attestationObject) {
      response.attestationObject = text(key.response.attestationObject);
      response.transports = key.response.getTransports ? key.response.getTransports() : [];
    } else {
      response.authenticatorData = text(key.response.authenticatorData);
      response.signature = text(key.response.signature);
      if (key.response.userHandle) response.userHandle = text(key.response.userHandle);
    }
    const extensions = JSON.stringify(key.getClientExtensionResults());
    return JSON.stringify({ id: key.id, rawId: text(key.rawId), type: key.type, response, extensions });
  };

  const ask = async () => {
    told.hidden = true;
    try {
      const wanted = { publicKey: asked };
      const making = form.dataset.passkey === "create";
      const key = making ? await navigator.credentials.create(wanted) : await navigator.credentials.get(wanted);
      form.elements.credential.value = written(key);
      form.submit();
    } catch (error) {
      told.hidden = false;
    }
  };
  document.getElementById("passkey-again").addEventListener("click", ask);
  ask();
})();
