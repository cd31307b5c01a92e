/**
 * The fictional archipelago Halcyon: facts that no model knows, with the questions, passages and conversations about them.
 *
 * <p>{@link dev.engram.world.World#generate} makes it from a seed, {@link dev.engram.world.World#load} reads it from
 * data/halcyon; a test holds that both are the same. A bad file is an {@link java.lang.IllegalArgumentException} whose
 * message names file, line, column and remedy.
 */
package dev.engram.world;
