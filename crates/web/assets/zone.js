// The browser knows its time zone and, mostly, its country: what is empty is filled with that.
for (const input of document.querySelectorAll('[data-zone]')) {
  if (!input.value) input.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? '';
}
