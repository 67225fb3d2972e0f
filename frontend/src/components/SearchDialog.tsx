import { Loader, Modal, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Search, Server, TriangleAlert } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { incidentsQuery, serversQuery } from '@/api/queries';
import { SeverityBadge } from '@/ui/SeverityBadge';
import { StatusBadge } from '@/ui/StatusBadge';
import css from './SearchDialog.module.css';

interface Hit {
  to: string;
  icon: ReactNode;
  text: string;
  badge: ReactNode;
}

/** Servers and incidents by a few letters; arrows and Enter, or a tap. */
export function SearchDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text.trim(), 150);
  const [at, setAt] = useState(0);
  const asked = opened && q.length > 0;
  const servers = useQuery({ ...serversQuery({ q, limit: 6 }), enabled: asked });
  const incidents = useQuery({
    ...incidentsQuery({ q, status: 'open,acknowledged', sort: 'urgency', limit: 6 }),
    enabled: asked,
  });
  useEffect(() => {
    if (opened) setText('');
  }, [opened]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new question begins at its first answer
  useEffect(() => setAt(0), [q]);

  const hits: Hit[] = asked
    ? [
        ...(servers.data?.data ?? []).map((s) => ({
          to: `/servers/${s.id}`,
          icon: <Server size={15} />,
          text: s.name,
          badge: <StatusBadge status={s.status} />,
        })),
        ...(incidents.data?.data ?? []).map((i) => ({
          to: `/incidents/${i.id}`,
          icon: <TriangleAlert size={15} />,
          text: i.title,
          badge: <SeverityBadge severity={i.severity} />,
        })),
      ]
    : [];
  const open = (hit: Hit | undefined) => {
    if (!hit) return;
    onClose();
    void navigate(hit.to);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setAt((i) => Math.min(i + 1, hits.length - 1));
    else if (event.key === 'ArrowUp') setAt((i) => Math.max(i - 1, 0));
    else if (event.key === 'Enter') open(hits[at]);
    else return;
    event.preventDefault();
  };

  return (
    <Modal
      opened={opened}
      onClose={onClose}
      withCloseButton={false}
      title="Search"
      padding={0}
      size="lg"
      yOffset="12vh"
      classNames={{ header: css.header }}
    >
      <TextInput
        data-autofocus
        variant="unstyled"
        className={css.input}
        aria-label="Search servers and incidents"
        placeholder="Server name, host name, tag, or words of an incident"
        leftSection={<Search size={16} />}
        rightSection={asked && (servers.isFetching || incidents.isFetching) ? <Loader size={14} /> : null}
        value={text}
        onChange={(e) => setText(e.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {asked && (
        <ul className={css.hits} aria-label="Results">
          {hits.map((hit, i) => (
            <li key={hit.to}>
              <button
                type="button"
                className={css.hit}
                data-current={i === at || undefined}
                onClick={() => open(hit)}
              >
                {hit.icon}
                <span>{hit.text}</span>
                {hit.badge}
              </button>
            </li>
          ))}
          {hits.length === 0 && servers.isSuccess && incidents.isSuccess && (
            <li className={css.none}>No server and no open incident matches “{q}”.</li>
          )}
        </ul>
      )}
    </Modal>
  );
}
