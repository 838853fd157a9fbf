// Small requests to our own server.

function headers() {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  return token ? { "X-CSRF-Token": token } : {};
}

/** Posts a form body; answers false instead of throwing when the network is away. */
export async function post(url, fields) {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: headers(),
      body: new URLSearchParams(fields),
      keepalive: true,
    });
    return response.ok;
  } catch {
    return false;
  }
}

/** The text of a page fragment or the value of a JSON answer; null when it cannot be had. */
export async function fetchFrom(url, query, { json = false, signal } = {}) {
  const address = new URL(url, document.baseURI);
  address.searchParams.set("q", query);
  try {
    const response = await fetch(address, {
      headers: { Accept: json ? "application/json" : "text/html" },
      signal,
    });
    if (!response.ok) return null;
    return json ? await response.json() : await response.text();
  } catch {
    return null;
  }
}
