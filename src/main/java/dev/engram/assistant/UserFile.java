package dev.engram.assistant;

import com.google.gson.Gson;
import com.google.gson.JsonSyntaxException;
import dev.engram.model.BadInputException;
import dev.engram.report.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * The one file of a user: JSON lines, of which the first counts and hashes the others. It is replaced as a whole, so a process that
 * is killed leaves the state before or after a change. A lock keeps a second process out of the folder.
 */
final class UserFile implements AutoCloseable {
    private static final Gson GSON = new Gson();
    private static final int FORMAT = 1;
    /** Stands for the embedding model: vectors of another one cannot be compared. */
    private static final String VECTORS = "bge-small-en-v1.5";

    private final Path folder;
    private final FileChannel lock;

    record Head(int format, String vectors, int nextTurn, int nextMemory, int lines, String sha256) {}

    /** One line: a turn, or a memory with its horizon and vector where it counts, without where it is past. */
    record Line(Exchange turn, Told memory, String horizon, String vector) {}

    record State(int nextTurn, int nextMemory, List<Line> lines) {}

    private UserFile(Path folder, FileChannel lock) {
        this.folder = folder;
        this.lock = lock;
    }

    /** Opens a user's folder, which is made, private to its owner, if it is not there. */
    static UserFile open(Path folder) {
        try {
            if (Files.exists(folder) && !Files.isDirectory(folder)) {
                throw new BadInputException("The user's folder " + folder + " is a file; name a folder.");
            }
            if (!Files.exists(folder)) {
                Files.createDirectories(folder);
                if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
                }
            }
            FileChannel lock =
                    FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (!taken(lock)) {
                lock.close();
                throw new BadInputException(
                        "Another process is using the user's folder " + folder + "; end that conversation first.");
            }
            UserFile file = new UserFile(folder, lock);
            file.sweep();
            return file;
        } catch (IOException e) {
            throw new BadInputException(
                    "The user's folder " + folder + " cannot be used (" + e.getMessage()
                            + "); name one that you may write to.",
                    e);
        }
    }

    private static boolean taken(FileChannel lock) throws IOException {
        try {
            return lock.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    /** Removes what a killed process left half-written: it may hold what was deleted since. */
    private void sweep() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            for (Path part : all.filter(p -> p.getFileName().toString().endsWith(".part"))
                    .toList()) {
                Files.delete(part);
            }
        }
    }

    Path path() {
        return folder.resolve("memory.jsonl");
    }

    /** Bytes of the file. */
    long bytes() {
        try {
            return Files.exists(path()) ? Files.size(path()) : 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void write(State state) {
        StringBuilder body = new StringBuilder();
        state.lines().forEach(l -> body.append(GSON.toJson(l)).append('\n'));
        Head head = new Head(
                FORMAT,
                VECTORS,
                state.nextTurn(),
                state.nextMemory(),
                state.lines().size(),
                hash(body.toString()));
        AtomicFile.write(path(), GSON.toJson(head) + "\n" + body);
    }

    State read() {
        if (!Files.exists(path())) {
            return new State(1, 1, List.of());
        }
        try {
            String text = Files.readString(path());
            int first = text.indexOf('\n');
            Head head = GSON.fromJson(text.substring(0, Math.max(0, first)), Head.class);
            if (head == null || head.format() != FORMAT || !VECTORS.equals(head.vectors())) {
                throw damaged("its first line is not that of this version");
            }
            String body = text.substring(first + 1);
            if (!hash(body).equals(head.sha256())) {
                throw damaged("its contents do not fit the checksum in its first line");
            }
            List<Line> lines = new ArrayList<>();
            body.lines().forEach(l -> lines.add(GSON.fromJson(l, Line.class)));
            return new State(head.nextTurn(), head.nextMemory(), lines);
        } catch (IOException e) {
            throw damaged("it cannot be read as UTF-8 text");
        } catch (JsonSyntaxException e) {
            throw damaged("a line is not JSON");
        }
    }

    private BadInputException damaged(String how) {
        return new BadInputException("The memory file " + path() + " is damaged (" + how
                + "); put a copy of it in its place, or move it away and the assistant starts anew.");
    }

    private static String hash(String body) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static String encode(float[] vector) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * vector.length);
        bytes.asFloatBuffer().put(vector);
        return Base64.getEncoder().encodeToString(bytes.array());
    }

    static float[] decode(String vector) {
        ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(vector));
        float[] out = new float[bytes.remaining() / 4];
        bytes.asFloatBuffer().get(out);
        return out;
    }

    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
