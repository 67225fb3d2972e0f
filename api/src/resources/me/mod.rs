//! `/api/me`: what concerns the person who asks alone. Anybody signed in may call it, and sees and changes nobody else's.

pub mod contact_test;
pub mod contacts;
pub mod preferences;
