import { useMutation } from '@tanstack/react-query';
import { queryClient } from '@/api/queries';
import { toast } from '@/ui/toast';

interface Options<I, O> {
  run: (input: I) => Promise<O>;
  /** Said when it worked. */
  done?: string | ((output: O, input: I) => string);
  /** Query keys to ask again. */
  refresh?: unknown[][];
  onDone?: (output: O, input: I) => void;
  /** Errors that the form shows itself are not said twice: those of fields (422), or all of them. */
  quietFields?: boolean;
  quiet?: boolean;
}

/** Something the user does: says what came of it, and has what it changed asked again. */
export function useAction<I, O>({ run, done, refresh = [], onDone, quietFields, quiet }: Options<I, O>) {
  return useMutation({
    mutationFn: run,
    onSuccess: (output, input) => {
      if (done) toast.success(typeof done === 'string' ? done : done(output, input));
      for (const queryKey of refresh) void queryClient.invalidateQueries({ queryKey });
      onDone?.(output, input);
    },
    onError: (error) => {
      const hasFields = 'fields' in error && Object.keys(error.fields as object).length > 0;
      if (!quiet && !(quietFields && hasFields)) toast.error(error.message);
    },
  });
}
