import { type FormEvent, type ReactNode, useEffect } from 'react';
import css from './SignInFrame.module.css';
import { ThemeSwitch } from './ThemeSwitch';

interface Props {
  title: string;
  sub?: ReactNode;
  error?: string | null;
  onSubmit: () => void;
  children: ReactNode;
}

/** The card of the pages before the dashboard: login and the first change of password. */
export function SignInFrame({ title, sub, error, onSubmit, children }: Props) {
  useEffect(() => {
    document.title = `${title} · HostSeba NOC`;
  }, [title]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <main className={css.page}>
      <div className={css.corner}>
        <ThemeSwitch />
      </div>
      <form className={css.card} onSubmit={submit}>
        <div className={css.brand}>
          <img src="/favicon.svg" alt="" width={28} height={28} />
          <span>
            HostSeba <b>NOC</b>
          </span>
        </div>
        <h1 className={css.title}>{title}</h1>
        {sub && <p className={css.sub}>{sub}</p>}
        {error && (
          <div className={css.error} role="alert">
            {error}
          </div>
        )}
        {children}
      </form>
    </main>
  );
}
