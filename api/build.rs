//! Makes sure that there is a dashboard to embed: a plain page when `frontend/` was not built.

use std::path::Path;
use std::{fs, io};

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>HostSeba NOC</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }</style>
</head>
<body>
<h1>The dashboard is not in this binary</h1>
<p>Everything else runs: agents report, incidents open, messages go out, and the API answers under
<a href="/api/docs/">/api/docs/</a>.</p>
<p>To have the dashboard, build it with Node and then build <code>noc</code> again:</p>
<pre>cd frontend
npm ci
npm run build</pre>
<p><code>make run</code> does both.</p>
</body>
</html>
"#;

fn main() -> io::Result<()> {
    let dist = Path::new("../frontend/dist");
    let page = dist.join("index.html");
    if !page.exists() {
        fs::create_dir_all(dist)?;
        fs::write(&page, PAGE)?;
    }
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={}", dist.display());
    Ok(())
}
