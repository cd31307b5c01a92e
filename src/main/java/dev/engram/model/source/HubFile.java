package dev.engram.model.source;

import dev.engram.model.BadInputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * One file of a download. Bytes go to a file ending in {@code .incomplete} whose name carries the hub's etag, so that a
 * resumed download continues the same version; it gets its own name when size and hash are right.
 */
final class HubFile {
    private static final int ATTEMPTS = 4;
    private static final int PAUSE_MS = 200;

    /**
     * What the hub says about a file.
     *
     * @param size in bytes; negative where it does not say
     * @param etag without quotes; empty where it does not say
     * @param commit of the repository; null where it does not say
     */
    record Info(long size, String etag, String commit) {
        static Info of(HubConnection.Answer a) {
            String etag = a.header("x-linked-etag") != null ? a.header("x-linked-etag") : a.header("etag");
            String size = a.header("x-linked-size") != null ? a.header("x-linked-size") : a.header("content-length");
            String plain = etag == null ? "" : etag.replaceFirst("^W/", "").replace("\"", "");
            String commit = a.header("x-repo-commit");
            return new Info(
                    size != null && size.matches("\\d{1,18}") ? Long.parseLong(size) : -1,
                    plain,
                    commit != null && commit.matches("[0-9a-f]{40}") ? commit : null);
        }

        /** Large files have their SHA-256 as etag. */
        boolean hasSha256() {
            return etag.matches("[0-9a-f]{64}");
        }
    }

    private final URI uri;
    private final Path target;
    private final Info info;
    private final HubDownload.Progress progress;
    private final HubDownload.Space space;
    private final Path part;

    HubFile(URI uri, Path target, Info info, HubDownload.Progress progress, HubDownload.Space space) {
        this.uri = uri;
        this.target = target;
        this.info = info;
        this.progress = progress;
        this.space = space;
        String version = info.etag().replaceAll("[^A-Za-z0-9]", "");
        part = target.resolveSibling(target.getFileName() + "."
                + (version.isEmpty() ? "new" : version.substring(0, Math.min(16, version.length()))) + ".incomplete");
    }

    void fetch() {
        try {
            Files.createDirectories(target.getParent());
            if (info.etag().isEmpty()) {
                // Without an etag nothing tells whether the rest would be of the same version.
                Files.deleteIfExists(part);
            }
            requireSpace();
            receiveAll();
            verify();
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new BadInputException(
                    target + " cannot be written (" + e.getMessage() + "); free disk space or choose another folder.",
                    e);
        }
    }

    private void receiveAll() throws IOException {
        IOException last = null;
        for (int failures = 0; failures < ATTEMPTS; ) {
            long before = held();
            try {
                if (info.size() >= 0 && before == info.size()) {
                    return;
                }
                if (info.size() >= 0 && before > info.size()) {
                    Files.delete(part);
                }
                receive(held());
                if (info.size() < 0 || held() == info.size()) {
                    return;
                }
                last = new IOException("the connection ended early");
            } catch (Interrupted e) {
                last = e.reason;
            }
            failures = held() > before ? 1 : failures + 1;
            pause();
        }
        throw new BadInputException(
                "The download of " + uri + " was interrupted at " + held() + " of " + info.size() + " bytes ("
                        + last.getMessage() + "); run the same command again and it continues there.",
                last);
    }

    /** One request; what arrives is kept even when it breaks off. */
    private void receive(long from) throws IOException, Interrupted {
        HubConnection.Answer answer;
        InputStream body;
        try {
            answer = HubConnection.get(uri, from);
            if (answer.status() == 416) {
                Files.deleteIfExists(part);
                throw new IOException("the server refused to continue at byte " + from);
            }
            if (answer.status() != 200 && answer.status() != 206) {
                throw new IOException("the server answered " + answer.status());
            }
            body = answer.connection().getInputStream();
        } catch (IOException e) {
            throw new Interrupted(e);
        }
        String range = String.valueOf(answer.header("content-range"));
        boolean continues = answer.status() == 206 && range.startsWith("bytes " + from + "-");
        if (answer.status() == 206 && !continues) {
            Files.deleteIfExists(part);
            throw new Interrupted(new IOException("the server sent " + range + " instead of bytes from " + from));
        }
        // Status 200 means that the server ignored the range: it begins again, and so does the file.
        long done = continues ? from : 0;
        try (InputStream in = body;
                OutputStream out = Files.newOutputStream(
                        part,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        continues ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING)) {
            byte[] chunk = new byte[1 << 16];
            for (int n = read(in, chunk); n >= 0; n = read(in, chunk)) {
                out.write(chunk, 0, n);
                done += n;
                progress.at(target.getFileName().toString(), done, info.size());
                if (info.size() >= 0 && done > info.size()) {
                    break;
                }
            }
        }
    }

    private static int read(InputStream in, byte[] chunk) throws Interrupted {
        try {
            return in.read(chunk);
        } catch (IOException e) {
            throw new Interrupted(e);
        }
    }

    private void verify() throws IOException {
        if (info.size() >= 0 && held() != info.size()) {
            long held = held();
            Files.delete(part);
            throw new BadInputException("The download of " + uri + " has " + held + " bytes instead of " + info.size()
                    + " and was deleted; run the same command again.");
        }
        if (info.hasSha256()) {
            String hash = ModelHash.of(part);
            if (!hash.equals(info.etag())) {
                Files.delete(part);
                throw new BadInputException("The download of " + uri + " has the checksum " + hash + " instead of "
                        + info.etag() + " and was deleted; run the same command again.");
            }
        }
    }

    private void requireSpace() throws IOException {
        long needed = info.size() - held();
        long usable = space.usable(target.getParent());
        if (needed > usable) {
            throw new BadInputException("The disk of " + target.getParent() + " has " + usable + " bytes free but "
                    + target.getFileName() + " needs " + needed + "; free some space.");
        }
    }

    private long held() throws IOException {
        return Files.exists(part) ? Files.size(part) : 0;
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The network failed, as opposed to the disk. */
    private static final class Interrupted extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient IOException reason;

        Interrupted(IOException reason) {
            super(reason);
            this.reason = reason;
        }
    }
}
