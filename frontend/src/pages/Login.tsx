import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useLocation, useNavigate, useSearchParams } from 'react-router';
import { body, client } from '@/api/client';
import { isApiError } from '@/api/error';
import { meQuery, queryClient } from '@/api/queries';
import { SignInFrame } from '@/components/SignInFrame';
import { useAction } from '@/components/useAction';
import { spokenSeconds } from '@/domain/duration';

/** Only a path of this page, so that a link cannot send people elsewhere after they signed in. */
export const safeNext = (next: string | null): string => (next && /^\/(?![/\\])/.test(next) ? next : '/');

function explain(error: unknown): string | null {
  if (!error) return null;
  if (!isApiError(error)) return 'Something went wrong.';
  if (error.code === 'invalid_credentials') return 'This e-mail and password do not belong together.';
  if (error.status === 423 || error.status === 429) {
    const wait = error.retryAfter ? ` Try again in ${spokenSeconds(error.retryAfter)}.` : '';
    return `Too many attempts.${wait}`;
  }
  return error.message;
}

export function Component() {
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const ended = (useLocation().state as { ended?: boolean } | null)?.ended === true;
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  // What the last session saw is not for the next one. Here, and not where it ended: its pages are gone only now.
  useEffect(() => queryClient.clear(), []);
  const login = useAction({
    run: () => body(client.POST('/api/auth/login', { body: { email, password } })),
    quiet: true,
    onDone: async ({ user }) => {
      queryClient.setQueryData(meQuery.queryKey, user);
      await navigate(user.must_change_password ? '/change-password' : safeNext(search.get('next')), {
        replace: true,
      });
    },
  });
  return (
    <SignInFrame
      title="Sign in"
      sub={ended && 'Your session has ended. Sign in and you are back where you were.'}
      error={explain(login.error)}
      onSubmit={() => login.mutate(undefined)}
    >
      <TextInput
        label="E-mail"
        type="email"
        autoComplete="username"
        autoFocus
        required
        withAsterisk={false}
        size="md"
        value={email}
        onChange={(e) => setEmail(e.currentTarget.value)}
      />
      <PasswordInput
        label="Password"
        autoComplete="current-password"
        required
        withAsterisk={false}
        size="md"
        value={password}
        onChange={(e) => setPassword(e.currentTarget.value)}
      />
      <Button type="submit" size="md" fullWidth loading={login.isPending}>
        Sign in
      </Button>
    </SignInFrame>
  );
}
