package dev.engram.model.engine;

import com.sun.jna.Function;

/**
 * Gives freed native memory back to the system, after a model was opened and after it was closed. Packing weights frees large
 * blocks that the C library would keep for later; in a process that opens a model once and then runs for hours that later
 * never comes. Where models are opened again and again, small blocks that live on between the freed ones scatter what is free.
 */
public final class NativeHeap {
    private NativeHeap() {}

    /** Does nothing where the C library has no such call. */
    public static void trim() {
        try {
            Function.getFunction("c", "malloc_trim").invokeInt(new Object[] {0L});
        } catch (UnsatisfiedLinkError e) {
            // only glibc has it
        }
    }
}
