/** What `/runtime-config.js` sets before the bundle runs: where the API and the live socket are. */
declare global {
  interface Window {
    __NOC_API_BASE__?: string;
    __NOC_REVERB_KEY__?: string;
    __NOC_REVERB_HOST__?: string;
    __NOC_REVERB_PORT__?: number | string;
    __NOC_REVERB_SCHEME__?: string;
  }
}

export interface LiveSettings {
  key: string;
  host: string;
  port: number;
  tls: boolean;
}

/** Origin that carries `/api`; empty means the page's own. The five names are a contract with existing deployments. */
export function apiOrigin(): string {
  const base = window.__NOC_API_BASE__ ?? '/api';
  return base.replace(/\/api\/?$/, '');
}

/** `null` when the server offers no live socket; the page then polls. */
export function liveSettings(): LiveSettings | null {
  const key = window.__NOC_REVERB_KEY__;
  if (!key) return null;
  const scheme = window.__NOC_REVERB_SCHEME__ || window.location.protocol.replace(':', '');
  const tls = scheme === 'https' || scheme === 'wss';
  const host = window.__NOC_REVERB_HOST__ || window.location.hostname;
  const port = Number(window.__NOC_REVERB_PORT__ || window.location.port || (tls ? 443 : 80));
  return { key, host, port, tls };
}
