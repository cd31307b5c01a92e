package dev.engram.cli;

import java.lang.reflect.Proxy;

/**
 * Ctrl-C, and the signal that asks a process to end. While a text is being generated the first Ctrl-C asks to stop after the
 * current token; at any other time, and on the second one, the process ends at once. It does not wait for a thread that computes in native code: unloading the libraries under it
 * would crash.
 */
final class Interrupt {
    static final int EXIT_CODE = 130;
    private static final int TERMINATED = 143;

    private boolean heeded;
    private boolean asked;

    /** Follows the process's interrupt signal. */
    static Interrupt ofSignal() {
        Interrupt interrupt = new Interrupt();
        on("INT", () -> {
            if (!interrupt.ask()) {
                System.err.println();
                Runtime.getRuntime().halt(EXIT_CODE);
            }
        });
        on("TERM", () -> Runtime.getRuntime().halt(TERMINATED));
        return interrupt;
    }

    /** Does something when a signal arrives. By reflection: Java has no other way to signals than a class it calls internal. */
    private static void on(String name, Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object own =
                    Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, (self, method, args) -> {
                        if (method.getName().equals("handle")) {
                            action.run();
                        }
                        return null;
                    });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), own);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("signal " + name + " cannot be followed", e);
        }
    }

    /** From now on somebody polls {@link #asked}; forgets an earlier interruption. */
    synchronized void heed() {
        if (!heeded) {
            asked = false;
            heeded = true;
        }
    }

    /** From now on an interruption ends the process. Returns whether there was one. */
    synchronized boolean release() {
        heeded = false;
        return asked;
    }

    /** Asks to stop; false if nobody heeds it, or somebody was asked before. */
    synchronized boolean ask() {
        boolean first = heeded && !asked;
        asked = true;
        return first;
    }

    synchronized boolean asked() {
        return heeded && asked;
    }
}
