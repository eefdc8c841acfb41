/** Images on this machine, as an OCI layout: `blobs/sha256/…`, `index.json`, `oci-layout`. */

export interface Descriptor {
  readonly mediaType: string;
  /** "sha256:…" */
  readonly digest: string;
  readonly size: number;
}

export interface StoredImage {
  readonly short: string;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly manifest: Descriptor;
  /** Everything that a node fetches, in bytes. */
  readonly sizeBytes: number;
}

export interface ImageStore {
  /** Folder of the OCI layout; what `images/server.ts` serves. */
  readonly folder: string;
  /** By short name, full name or alias. */
  find(reference: string): StoredImage | undefined;
  readonly images: readonly StoredImage[];
}
