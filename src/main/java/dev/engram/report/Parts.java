package dev.engram.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import tech.tablesaw.api.Table;

/**
 * The parts of a long run, each part's rows in a file of its own, so that a run that was stopped goes on where it was. A part whose
 * file is there is not run again; {@link #done} removes the files once the whole run is kept elsewhere.
 *
 * @param folder of the files; null keeps nothing
 */
public record Parts(Path folder) {
    /** Nothing is kept. */
    public static Parts none() {
        return new Parts(null);
    }

    /**
     * Parts of a run, below {@code target} of the checkout.
     *
     * @param settings what changes the rows, such as the number of questions and the seed: other settings, other files
     */
    public static Parts of(Path home, String run, Profile profile, Object... settings) {
        String name = Arrays.stream(settings).map(String::valueOf).collect(Collectors.joining("-"));
        return new Parts(home.resolve("target/parts").resolve(run).resolve(profile.key() + "-" + name));
    }

    /** The rows of a part: from its file, or computed now and written to it. */
    public Table part(String name, Supplier<Table> work) {
        if (folder == null) {
            return work.get();
        }
        Path file = folder.resolve(fileName(name));
        if (!Files.exists(file)) {
            Csv.write(file, work.get());
        }
        return Csv.read(file);
    }

    /** Readable, and different for different names. */
    private static String fileName(String name) {
        CRC32 crc = new CRC32();
        crc.update(name.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        String plain = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        return plain.substring(0, Math.min(60, plain.length())) + "-" + Long.toHexString(crc.getValue()) + ".csv";
    }

    /** Removes the files. */
    public void done() {
        if (folder == null || !Files.exists(folder)) {
            return;
        }
        try {
            FileTree.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot remove " + folder + ": " + e, e);
        }
    }
}
