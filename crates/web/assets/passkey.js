// Passkeys: makes one (data-make), or shows one (data-passkey). Bytes travel as base64 for URLs.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

async function post(path, body) {
  const response = await fetch(path, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body ?? {}),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail ?? answer.title);
  return answer;
}

async function make(form) {
  const { ticket, options } = await post(`${form.dataset.make}/begin`);
  const ask = options.publicKey;
  ask.challenge = bytes(ask.challenge);
  ask.user.id = bytes(ask.user.id);
  for (const known of ask.excludeCredentials ?? []) known.id = bytes(known.id);
  const made = await navigator.credentials.create({ publicKey: ask });
  const { response } = made;
  return post(form.dataset.make, {
    ticket,
    name: form.elements.name.value,
    credential: {
      id: made.id, rawId: text(made.rawId), type: made.type, extensions: made.getClientExtensionResults(),
      response: {
        attestationObject: text(response.attestationObject), clientDataJSON: text(response.clientDataJSON),
        transports: response.getTransports?.() ?? [],
      },
    },
  });
}

async function show(form) {
  const { ticket, options } = await post('/passkey/ask');
  const ask = options.publicKey;
  ask.challenge = bytes(ask.challenge);
  for (const known of ask.allowCredentials ?? []) known.id = bytes(known.id);
  const shown = await navigator.credentials.get({ publicKey: ask });
  const { response } = shown;
  return post(form.dataset.passkey, {
    ticket,
    credential: {
      id: shown.id, rawId: text(shown.rawId), type: shown.type, extensions: shown.getClientExtensionResults(),
      response: {
        authenticatorData: text(response.authenticatorData), clientDataJSON: text(response.clientDataJSON),
        signature: text(response.signature), userHandle: response.userHandle ? text(response.userHandle) : null,
      },
    },
  });
}

for (const form of document.querySelectorAll('[data-passkey], [data-make]')) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  const said = form.querySelector('[role="alert"]');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = form.querySelector('button');
    button.disabled = true;
    said.hidden = true;
    try {
      const { location: next } = await (form.dataset.make ? make(form) : show(form));
      window.location.assign(next || form.elements.then.value);
    } catch (error) {
      said.textContent = error.name === 'NotAllowedError' || error.name === 'AbortError'
        ? 'Nothing was done: the browser was not allowed to, or it took too long.'
        : error.name === 'InvalidStateError' ? 'This device has a passkey for your account already.' : error.message;
      said.hidden = false;
      button.disabled = false;
    }
  });
}
