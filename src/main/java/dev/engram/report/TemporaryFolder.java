package dev.engram.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder of the system's temporary place that is gone when it is closed. */
public final class TemporaryFolder implements AutoCloseable {
    private final Path path;

    private TemporaryFolder(Path path) {
        this.path = path;
    }

    /** An empty folder whose name begins like this. */
    public static TemporaryFolder create(String name) {
        try {
            return new TemporaryFolder(Files.createTempDirectory(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Path path() {
        return path;
    }

    /** Deletes it with all that is in it; what cannot be deleted now is left to the end of the process. */
    @Override
    public void close() {
        try {
            FileTree.delete(path);
        } catch (IOException e) {
            path.toFile().deleteOnExit();
        }
    }
}
