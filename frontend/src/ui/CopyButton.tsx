import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { toast } from './toast';

/** Copies also on plain http pages of a LAN, where the clipboard API does not exist. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  area.style.position = 'fixed';
  area.style.opacity = '0';
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  if (!copied) throw new Error('copy refused');
}

interface Props {
  text: string;
  label: string;
  /** Icon alone, for rows; the label stays as its accessible name. */
  compact?: boolean;
}

export function CopyButton({ text, label, compact }: Props) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () =>
    copyText(text).then(
      () => setCopied(true),
      () => toast.error('The browser refused to copy. Select the text and copy it by hand.'),
    );
  const icon = copied ? <Check size={14} color="var(--up)" /> : <Copy size={14} />;
  if (compact) {
    return (
      <Tooltip label={copied ? 'Copied' : `${label}: ${text}`}>
        <ActionIcon variant="subtle" color="gray" aria-label={label} onClick={copy}>
          {icon}
        </ActionIcon>
      </Tooltip>
    );
  }
  return (
    <Button variant="default" leftSection={icon} onClick={copy} style={{ flex: 'none' }}>
      {copied ? 'Copied' : label}
    </Button>
  );
}
