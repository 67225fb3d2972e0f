import { useQuery } from '@tanstack/react-query';
import { catalogueQuery } from '@/api/queries';
import { detectorName } from '@/domain/kind';
import { observedText } from '@/domain/rule-text';

export interface Words {
  /** A detector by its key. */
  detector: (key: string) => string;
  /** What was seen, as the server says it, with metrics by name. */
  observed: (text: string) => string;
}

/** Detectors and metrics by the names that the catalogue has for them, and by their keys until it is there. */
export function useCatalogueWords(): Words {
  const { data } = useQuery(catalogueQuery);
  return {
    detector: (key) => data?.detectors.find((known) => known.key === key)?.name ?? detectorName(key),
    observed: (text) => observedText(text, data?.metrics ?? []),
  };
}
