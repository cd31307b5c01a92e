package dev.engram.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A folder with all that is in it. */
public final class FileTree {
    private FileTree() {}

    /** Copies a folder and what is in it to a place where nothing is yet. */
    public static void copy(Path folder, Path target) throws IOException {
        List<Path> inside;
        try (Stream<Path> walk = Files.walk(folder)) {
            inside = walk.toList();
        }
        for (Path path : inside) {
            Files.copy(path, target.resolve(folder.relativize(path)));
        }
    }

    /** Deletes a folder and what is in it; one that is not there is no fault. */
    public static void delete(Path folder) throws IOException {
        List<Path> inside;
        try (Stream<Path> walk = Files.walk(folder)) {
            inside = walk.sorted(Comparator.reverseOrder()).toList();
        } catch (NoSuchFileException gone) {
            return;
        }
        for (Path path : inside) {
            Files.deleteIfExists(path);
        }
    }
}
