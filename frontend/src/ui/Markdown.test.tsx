import { render, screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import Markdown from './Markdown';

const PAGE = `# Disk space

**What it looks for.** Less than \`20 GB\`.

| severity | when |
|---|---|
| high | soon |

<img src=x onerror="alert(1)"><script>alert(1)</script>

[bad](javascript:alert(1)) ![beacon](https://example.com/x.png)`;

test('a page is drawn, and nothing of it is HTML, runs or is fetched', () => {
  const { container } = render(<Markdown text={PAGE} />);
  expect(screen.getByRole('heading', { level: 3 }).textContent).toBe('Disk space');
  expect(screen.getByRole('cell', { name: 'soon' })).toBeTruthy();
  expect(container.querySelector('img, script')).toBeNull();
  expect(container.innerHTML).not.toContain('onerror');
  expect(container.innerHTML).not.toContain('javascript:');
});
