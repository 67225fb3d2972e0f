import type { ReactNode } from 'react';
import { useEffect } from 'react';
import css from './PageHeader.module.css';

interface Props {
  title: ReactNode;
  /** Title of the browser tab; needed when `title` is not plain text. */
  tabTitle?: string;
  /** One line under the title: what this page is for, or the facts of the thing shown. */
  sub?: ReactNode;
  actions?: ReactNode;
}

export function PageHeader({ title, tabTitle, sub, actions }: Props) {
  const tab = tabTitle ?? (typeof title === 'string' ? title : '');
  useEffect(() => {
    document.title = tab ? `${tab} · HostSeba NOC` : 'HostSeba NOC';
  }, [tab]);
  return (
    <header className={css.header}>
      <div className={css.words}>
        <h1 className={css.title}>{title}</h1>
        {sub && <div className={css.sub}>{sub}</div>}
      </div>
      {actions && <div className={css.actions}>{actions}</div>}
    </header>
  );
}
