//! What needs more than files: a display (Xvfb), a graphics driver (software Vulkan is enough), root (mounted file systems), namespaces.
//! `packaging/install-test-tools` installs the programs, `packaging/test` switches the feature `system-tests` on.

mod display;
mod drivers;
mod file_systems;
mod second_start;
mod soak;
mod walk;
mod watch_limit;
