package dev.engram.model.source;

import dev.engram.model.BadInputException;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;
import java.util.TreeMap;

/** Plain HTTP requests to a hub. Redirects are followed by hand, because the hub tells size and hash before it redirects. */
final class HubConnection {
    private static final int MAX_REDIRECTS = 5;
    private static final int CONNECT_MS = 20_000;
    private static final int READ_MS = 60_000;
    private static final String[] KEPT = {"x-linked-etag", "x-linked-size", "x-repo-commit"};

    /**
     * An answer.
     *
     * @param status of the last request
     * @param headers of the last request, with the hub's own ones of the first
     * @param connection for the body
     */
    record Answer(int status, Map<String, String> headers, HttpURLConnection connection) {
        String header(String name) {
            return headers.get(name);
        }
    }

    private HubConnection() {}

    /** Asks for a file's headers only. */
    static Answer head(URI uri) throws IOException {
        return send("HEAD", uri, 0);
    }

    /** Asks for a file from byte {@code from} on. */
    static Answer get(URI uri, long from) throws IOException {
        return send("GET", uri, from);
    }

    static URI uri(String text) {
        try {
            URI uri = new URI(text);
            String scheme = String.valueOf(uri.getScheme());
            if (uri.getHost() != null && (scheme.equals("https") || scheme.equals("http"))) {
                return uri;
            }
        } catch (URISyntaxException e) {
            throw new BadInputException(
                    text + " is not a web address; set ENGRAM_HUB_URL to one like https://host.", e);
        }
        throw new BadInputException(text + " is not a web address; set ENGRAM_HUB_URL to one like https://host.");
    }

    private static Answer send(String method, URI uri, long from) throws IOException {
        Map<String, String> kept = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        URI at = uri;
        for (int i = 0; i <= MAX_REDIRECTS; i++) {
            HttpURLConnection c = (HttpURLConnection) at.toURL().openConnection();
            c.setRequestMethod(method);
            c.setInstanceFollowRedirects(false);
            c.setConnectTimeout(CONNECT_MS);
            c.setReadTimeout(READ_MS);
            c.setRequestProperty("Accept-Encoding", "identity");
            c.setRequestProperty("User-Agent", "engram");
            if (from > 0) {
                c.setRequestProperty("Range", "bytes=" + from + "-");
            }
            int status = c.getResponseCode();
            for (String name : KEPT) {
                if (c.getHeaderField(name) != null) {
                    kept.putIfAbsent(name, c.getHeaderField(name));
                }
            }
            boolean told =
                    method.equals("HEAD") && kept.containsKey("x-linked-etag") && kept.containsKey("x-linked-size");
            if (status < 300 || status >= 400 || c.getHeaderField("Location") == null || told) {
                Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
                c.getHeaderFields().forEach((name, values) -> {
                    if (name != null) {
                        headers.put(name, values.get(0));
                    }
                });
                headers.putAll(kept);
                return new Answer(told ? 200 : status, headers, c);
            }
            URI next = at.resolve(c.getHeaderField("Location").replace(" ", "%20"));
            c.disconnect();
            if (!"https".equals(next.getScheme()) && !next.getScheme().equals(at.getScheme())) {
                throw new IOException("it redirects to the address " + next);
            }
            at = next;
        }
        throw new IOException("it redirects more than " + MAX_REDIRECTS + " times");
    }
}
