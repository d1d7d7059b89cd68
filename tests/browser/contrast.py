"""Which words of the designer are too faint to read: less than 4.5 to 1 against what is behind them (WCAG 2.2, AA)."""

FAINT = """() => {
  const context = Object.assign(document.createElement('canvas'), { width: 1, height: 1 })
    .getContext('2d', { willReadFrequently: true });
  const read = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((part, i) => part * a + below[i] * (1 - a));
  const light = (colour) => {
    const [r, g, b] = colour.map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faint = [];
  for (const one of document.querySelectorAll('.orgkit *')) {
    const hint = one.placeholder && !one.value;
    const own = [...one.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data);
    const words = hint ? one.placeholder : own.join('');
    if (!words.trim() || one.closest(':disabled, .orgkit-spoken, option') || !one.getClientRects().length) continue;
    const chain = [];
    for (let above = one; above; above = above.parentElement) chain.unshift(getComputedStyle(above));
    let ground = [255, 255, 255];
    let shown = 1;
    for (const style of chain) {
      ground = over(read(style.backgroundColor), ground);
      shown *= Number(style.opacity);
    }
    const [r, g, b, a] = read(getComputedStyle(one, hint ? '::placeholder' : null).color);
    const [darker, lighter] = [light(over([r, g, b, a * shown], ground)), light(ground)].sort((x, y) => x - y);
    const ratio = (lighter + 0.05) / (darker + 0.05);
    if (ratio < 4.5) faint.push(`${ratio.toFixed(2)} ${one.className}: ${words.slice(0, 40)}`);
  }
  return faint;
}"""
