package dev.engram.model.source;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A hub on the loopback address that can misbehave. Large files are redirected to another path, as the real one does. */
final class TinyHub implements AutoCloseable {
    static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
    final Map<String, byte[]> files = new ConcurrentHashMap<>();
    /** Requests seen: method, file and Range. */
    final List<String> requests = new CopyOnWriteArrayList<>();
    /** Bodies break off after so many bytes, for so many requests. */
    volatile int breakAfter;

    volatile int breaks;
    volatile boolean ignoreRange;
    volatile boolean wrongHash;
    volatile boolean wrongRange;
    volatile int status;

    private final HttpServer server;
    private final String id;

    TinyHub(String id) throws IOException {
        this.id = id;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    String url() {
        return "http://" + server.getAddress().getAddress().getHostAddress() + ":"
                + server.getAddress().getPort();
    }

    private void answer(HttpExchange x) throws IOException {
        try (x) {
            String path = x.getRequestURI().getPath();
            String name = path.substring(path.lastIndexOf('/') + 1);
            String range = x.getRequestHeaders().getFirst("Range");
            requests.add(x.getRequestMethod() + " " + name + (range == null ? "" : " " + range));
            byte[] body = files.get(name);
            boolean stored = path.equals("/" + id + "/resolve/main/" + name)
                    || path.equals("/" + id + "/resolve/" + COMMIT + "/" + name);
            if (status != 0) {
                x.sendResponseHeaders(status, -1);
            } else if (body == null || !(stored || path.equals("/cdn/" + name))) {
                x.sendResponseHeaders(404, -1);
            } else if (stored && name.endsWith(".safetensors")) {
                x.getResponseHeaders().add("X-Repo-Commit", COMMIT);
                x.getResponseHeaders().add("X-Linked-Size", "" + body.length);
                x.getResponseHeaders().add("X-Linked-Etag", "\"" + (wrongHash ? "0".repeat(64) : hash(body)) + "\"");
                x.getResponseHeaders().add("Location", "/cdn/" + name);
                x.sendResponseHeaders(302, -1);
            } else {
                x.getResponseHeaders().add("X-Repo-Commit", COMMIT);
                x.getResponseHeaders().add("ETag", "\"v1-" + body.length + "\"");
                send(x, body, range);
            }
        }
    }

    private void send(HttpExchange x, byte[] body, String range) throws IOException {
        int from = range == null || ignoreRange ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
        if (x.getRequestMethod().equals("HEAD")) {
            x.getResponseHeaders().add("Content-Length", "" + body.length);
            x.sendResponseHeaders(200, -1);
            return;
        }
        if (from > 0) {
            int said = wrongRange ? from + 1 : from;
            x.getResponseHeaders().add("Content-Range", "bytes " + said + "-" + (body.length - 1) + "/" + body.length);
        }
        x.sendResponseHeaders(from > 0 ? 206 : 200, body.length - from);
        int n = body.length - from;
        if (breaks > 0 && breakAfter < n) {
            breaks--;
            n = breakAfter;
        }
        OutputStream out = x.getResponseBody();
        out.write(body, from, n);
        out.flush();
    }

    List<String> requestsFor(String method, String name) {
        List<String> found = new ArrayList<>();
        for (String r : requests) {
            if (r.startsWith(method + " " + name)) {
                found.add(r);
            }
        }
        return found;
    }

    static String hash(byte[] bytes) {
        MessageDigest digest = ModelHash.sha256();
        return HexFormat.of().formatHex(digest.digest(bytes));
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
