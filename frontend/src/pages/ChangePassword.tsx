import { redirect, useNavigate } from 'react-router';
import { isApiError } from '@/api/error';
import { meQuery, queryClient } from '@/api/queries';
import { usePasswordForm } from '@/components/PasswordForm';
import { SignInFrame } from '@/components/SignInFrame';

export async function loader() {
  try {
    await queryClient.ensureQueryData(meQuery);
    return null;
  } catch (error) {
    if (isApiError(error) && error.status === 401) return redirect('/login');
    throw error;
  }
}

/** Until the first password is changed, the server answers nothing else. */
export function Component() {
  const navigate = useNavigate();
  const form = usePasswordForm(async () => {
    await queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
    await queryClient.fetchQuery({ ...meQuery, staleTime: 0 });
    await navigate('/', { replace: true });
  });
  return (
    <SignInFrame
      title="Choose your own password"
      sub="The first password was only for getting in."
      error={form.error}
      onSubmit={form.submit}
    >
      {form.fields}
    </SignInFrame>
  );
}
