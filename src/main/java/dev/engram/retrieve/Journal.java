package dev.engram.retrieve;

import dev.engram.model.BadInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/**
 * What was added to and removed from an index since it was built: one line a change, each with its checksum, appended and forced
 * to the disk. A process that dies while it writes leaves a broken last line, which is cut off when the journal is opened.
 */
final class Journal implements AutoCloseable {
    private final FileChannel channel;
    private final List<RowJson> found = new ArrayList<>();

    private Journal(FileChannel channel) {
        this.channel = channel;
    }

    /** Opens a journal, or begins one. */
    static Journal open(Path file) throws IOException {
        Journal journal = new Journal(
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE));
        try {
            journal.read(file);
            return journal;
        } catch (IOException | RuntimeException e) {
            journal.close();
            throw e;
        }
    }

    /** The changes that the file held when it was opened, oldest first; they are handed out once. */
    List<RowJson> takeChanges() {
        List<RowJson> all = List.copyOf(found);
        found.clear();
        return all;
    }

    void append(List<RowJson> changes) throws IOException {
        StringBuilder text = new StringBuilder();
        for (RowJson change : changes) {
            String json = change.line();
            text.append(checksum(json)).append(' ').append(json).append('\n');
        }
        ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
        long start = channel.position();
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(false);
        } catch (IOException e) { // such as a full disk: the next change must not follow half of this one
            channel.truncate(start);
            throw e;
        }
    }

    private void read(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int start = 0;
        for (int end = 0; end < bytes.length; end++) {
            if (bytes[end] == '\n') {
                String line = new String(bytes, start, end - start, StandardCharsets.UTF_8);
                if (line.length() < 10 || !checksum(line.substring(9)).equals(line.substring(0, 8))) {
                    if (end < bytes.length - 1) {
                        throw new BadInputException("The journal " + file + " is damaged at byte " + start
                                + "; restore the folder from a copy, or build the index again.");
                    }
                    break;
                }
                found.add(RowJson.parse(line.substring(9)));
                start = end + 1;
            }
        }
        channel.truncate(start);
        channel.position(start);
    }

    private static String checksum(String text) {
        CRC32 crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return String.format("%08x", crc.getValue());
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
