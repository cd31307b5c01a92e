/**
 * Tables, charts, pictures, run folders and progress: how a result is kept and shown. Knows no model and no mechanism.
 *
 * <p>A bad argument is an {@link java.lang.IllegalArgumentException} whose message names the value and the remedy; a file
 * that cannot be read or written is a {@link java.io.UncheckedIOException}.
 */
package dev.engram.report;
