import ReactMarkdown from 'react-markdown';
import remarkGfm from 'remark-gfm';
import css from './Markdown.module.css';

const PLUGINS = [remarkGfm];

/** A page written in Markdown. Its HTML is left out, links open elsewhere, and headings stay below those of the page. */
export default function Markdown({ text }: { text: string }) {
  return (
    <div className={css.text}>
      <ReactMarkdown
        skipHtml
        remarkPlugins={PLUGINS}
        disallowedElements={['img']}
        components={{
          h1: ({ children }) => <h3>{children}</h3>,
          h2: ({ children }) => <h4>{children}</h4>,
          h3: ({ children }) => <h5>{children}</h5>,
          a: ({ href, children }) => (
            <a href={href} target="_blank" rel="noreferrer">
              {children}
            </a>
          ),
          table: ({ children }) => (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
            <section className={css.table} tabIndex={0} aria-label="Table">
              <table>{children}</table>
            </section>
          ),
        }}
      >
        {text}
      </ReactMarkdown>
    </div>
  );
}
