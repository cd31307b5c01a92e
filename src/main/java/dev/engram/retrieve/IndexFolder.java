package dev.engram.retrieve;

import com.google.gson.Gson;
import com.google.gson.JsonSyntaxException;
import dev.engram.model.BadInputException;
import dev.engram.report.AtomicFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * The files of an index. One generation is a {@link Graph}, its {@link RowFile} and the {@link Journal} of later changes; index.json
 * names the generation in force and is replaced as a whole. So a process that dies at any moment leaves the old generation or the new
 * one, and what is left over of another is removed when the folder is next opened.
 */
final class IndexFolder implements AutoCloseable {
    private static final String MANIFEST = "index.json";
    private static final String FORMAT = "engram vector index 1";

    /** What index.json says. */
    private record Manifest(String format, int generation, int rows, int width) {}

    /**
     * Open files of one generation.
     *
     * @param graph null where there are no rows, as are the rows
     */
    record Generation(int rowCount, Graph graph, RowFile rows, Journal journal) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            journal.close();
            if (graph != null) {
                graph.close();
            }
        }
    }

    private final Path folder;
    private final FileChannel lock;
    private Manifest manifest;

    private IndexFolder(Path folder, FileChannel lock) {
        this.folder = folder;
        this.lock = lock;
    }

    /** Takes a folder for this process, and begins an empty index where there is none. */
    static IndexFolder open(Path folder, int width) throws IOException {
        IndexFolder opened = new IndexFolder(folder, lock(folder));
        try {
            opened.manifest = manifest(folder, width);
            opened.removeOthers();
            return opened;
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    /** The system frees the lock when the process ends, however it ends. */
    private static FileChannel lock(Path folder) throws IOException {
        Files.createDirectories(folder);
        FileChannel channel =
                FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        boolean taken = false;
        try {
            taken = channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            taken = false; // open in this very process
        } finally {
            if (!taken) {
                channel.close();
            }
        }
        if (!taken) {
            throw new BadInputException("The index in " + folder + " is open already; close it there first.");
        }
        return channel;
    }

    private static Manifest manifest(Path folder, int width) throws IOException {
        Path file = folder.resolve(MANIFEST);
        if (!Files.exists(file)) {
            return new Manifest(FORMAT, 0, 0, width);
        }
        Manifest found = null;
        try {
            found = new Gson().fromJson(Files.readString(file), Manifest.class);
        } catch (JsonSyntaxException e) {
            found = null; // told below
        }
        if (found == null || !FORMAT.equals(found.format) || found.rows < 0) {
            throw new BadInputException(file + " is no " + FORMAT + "; give another folder.");
        }
        if (found.width != width) {
            throw new BadInputException("The index in " + folder + " holds vectors of " + found.width
                    + " numbers, but the embedding model's have " + width + "; open it with the model that wrote it.");
        }
        return found;
    }

    int width() {
        return manifest.width;
    }

    /** Opens the generation in force. */
    Generation current() throws IOException {
        Graph graph = null;
        RowFile rows = null;
        if (manifest.rows > 0) {
            graph = Graph.open(file(manifest.generation, "graph"));
            if (graph.rows() != manifest.rows || graph.width() != manifest.width) {
                String what = graph.rows() + " rows of " + graph.width() + " numbers and not " + manifest.rows + " of "
                        + manifest.width;
                graph.close();
                throw new BadInputException("The index in " + folder + " is damaged: its graph has " + what
                        + "; restore it from a copy, or build it again.");
            }
            rows = RowFile.map(file(manifest.generation, "rows"), manifest.rows);
        }
        return new Generation(manifest.rows, graph, rows, Journal.open(file(manifest.generation, "journal")));
    }

    /** Writes a new generation and puts it in force; the former one is to be closed by its owner. */
    void write(List<RowJson> rows, List<float[]> units) throws IOException {
        int next = manifest.generation + 1;
        if (!rows.isEmpty()) {
            Graph.build(file(next, "graph"), units);
            RowFile.write(file(next, "rows"), rows);
        }
        Manifest written = new Manifest(FORMAT, next, rows.size(), manifest.width);
        AtomicFile.write(folder.resolve(MANIFEST), new Gson().toJson(written));
        manifest = written;
    }

    private Path file(int generation, String kind) {
        return folder.resolve(kind + "-" + generation);
    }

    /** Removes the files of other generations: former ones, or those of a build that did not end. */
    void removeOthers() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            for (Path p : all.toList()) {
                String name = p.getFileName().toString();
                if (name.matches("(graph|rows|journal)-\\d+") && !name.endsWith("-" + manifest.generation)) {
                    Files.deleteIfExists(p);
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
