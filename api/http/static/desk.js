// A button beside each private link, which copies it. Without scripts the link can be selected by hand.
for (const field of document.querySelectorAll('input[data-copy]')) {
  field.addEventListener('focus', () => field.select());
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Copy';
  button.addEventListener('click', async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Press Ctrl+C';
    }
  });
  field.closest('label').after(button);
}
