package dev.engram.model.engine;

import com.sun.jna.Function;

/**
 * Gives freed native memory back to the system. Packing weights frees large blocks that the C library would keep for later;
 * in a process that opens a model once and then runs for hours that later never comes.
 */
final class NativeHeap {
    private NativeHeap() {}

    /** Does nothing where the C library has no such call. */
    static void trim() {
        try {
            Function.getFunction("c", "malloc_trim").invokeInt(new Object[] {0L});
        } catch (UnsatisfiedLinkError e) {
            // only glibc has it
        }
    }
}
