// "Use my position": asks the browser once, on a press, and sends a position rounded to about a kilometre.
for (const button of document.querySelectorAll('[data-position]')) {
  if (!('geolocation' in navigator)) continue;
  const form = button.form;
  const said = form.querySelector('[data-position-said]');
  button.hidden = false;
  button.addEventListener('click', () => {
    button.disabled = true;
    said.textContent = 'Asking your browser for the position …';
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        form.elements.near.value = `${coords.latitude.toFixed(2)}, ${coords.longitude.toFixed(2)}`;
        form.requestSubmit();
      },
      () => {
        button.disabled = false;
        said.textContent = 'The browser gave no position. Type a town instead.';
      },
      { timeout: 10000, maximumAge: 600000 },
    );
  });
}
