/**
 * The example application: a personal assistant that remembers its user over many conversations (seed 003, section 7.4; seed 001,
 * "external store"). It puts parts of {@code tiers} and {@code retrieve} together and keeps everything about a user in one folder.
 */
package dev.engram.assistant;
