package dev.engram.model.source;

import dev.engram.model.BadInputException;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A file mapped for reading. One mapping covers a file of up to 2 GB; parts of a larger one are mapped when asked for.
 * Closing unmaps at once, because the garbage collector may leave a mapping resident for minutes.
 */
final class MappedFile implements AutoCloseable {
    private final Path path;
    private final FileChannel channel;
    private final long size;
    private final List<MappedByteBuffer> mappings = new ArrayList<>();
    private boolean closed;

    MappedFile(Path path) {
        this.path = path;
        if (!Files.isRegularFile(path)) {
            throw new BadInputException(path + " is not a file; give the path of a model file.");
        }
        FileChannel opened = null;
        try {
            opened = FileChannel.open(path, StandardOpenOption.READ);
            channel = opened;
            size = channel.size();
            if (size > 0 && size <= Integer.MAX_VALUE) {
                mappings.add(channel.map(FileChannel.MapMode.READ_ONLY, 0, size));
            }
        } catch (IOException e) {
            closeQuietly(opened);
            throw unreadable(e);
        }
    }

    Path path() {
        return path;
    }

    long size() {
        return size;
    }

    /**
     * Bytes of the file, little-endian and read-only.
     *
     * @param offset first byte; the caller has checked that the part lies inside the file
     * @param length number of bytes
     */
    synchronized ByteBuffer slice(long offset, long length) {
        if (closed) {
            throw new IllegalStateException(path + " was closed before this tensor was asked for");
        }
        if (offset < 0 || length < 0 || length > size - offset) {
            throw new IllegalArgumentException("bytes " + offset + " + " + length + " of " + size);
        }
        if (length > Integer.MAX_VALUE) {
            throw new BadInputException(path + " holds a part of " + length
                    + " bytes, above the limit of 2 GB for one tensor; use a smaller number format.");
        }
        if (length == 0) {
            return ByteBuffer.allocate(0).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
        }
        if (size <= Integer.MAX_VALUE) {
            return mappings.get(0).slice((int) offset, (int) length).order(ByteOrder.LITTLE_ENDIAN);
        }
        try {
            MappedByteBuffer part = channel.map(FileChannel.MapMode.READ_ONLY, offset, length);
            mappings.add(part);
            return part.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            mappings.forEach(MappedFile::unmap);
            mappings.clear();
            closeQuietly(channel);
        }
    }

    private BadInputException unreadable(IOException e) {
        String why = e instanceof NoSuchFileException ? "it does not exist" : String.valueOf(e.getMessage());
        return new BadInputException(path + " cannot be read (" + why + "); check the path and its permissions.", e);
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            // Nothing was written; there is nothing to lose.
        }
    }

    /** Java 17 has no public call for this; without it the mapping goes when the collector finds it. */
    private static void unmap(MappedByteBuffer buffer) {
        try {
            Class<?> unsafe = Class.forName("sun.misc.Unsafe");
            Field field = unsafe.getDeclaredField("theUnsafe");
            field.setAccessible(true);
            Method clean = unsafe.getMethod("invokeCleaner", ByteBuffer.class);
            clean.invoke(field.get(null), buffer);
        } catch (ReflectiveOperationException e) {
            // Left to the collector.
        }
    }
}
